# The image of the workers. Set-up runs once in the first stage, with compiler and pip; the second has what runs.
FROM node:22-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
ENV PERENNIAL_CACHE_DIR=/opt/perennial
WORKDIR /app
# Dependencies and native parts change rarely: a layer of their own, which a change of sources leaves alone.
COPY package.json package-lock.json .npmrc ./
COPY scripts/bootstrap.mjs scripts/bootstrap.mjs
COPY scripts/setup scripts/setup
RUN node scripts/bootstrap.mjs parts
COPY tsconfig.json ./
COPY src src
RUN node scripts/bootstrap.mjs build \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf /opt/perennial/temporal-cli /opt/perennial/temporal-test-server /opt/perennial/locks

FROM node:22-bookworm-slim
ENV NODE_ENV=production PERENNIAL_CACHE_DIR=/opt/perennial
WORKDIR /app
# Links in node_modules lead to the library and the add-on below the same path.
COPY --from=build /opt/perennial /opt/perennial
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY scripts scripts
COPY src/registry src/registry
RUN mkdir -p /data/artifacts /data/state && chown -R node:node /data
USER node
VOLUME ["/data/artifacts"]
CMD ["node", "dist/worker.js"]
