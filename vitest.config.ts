// Two projects: `plain` needs nothing but the build, `services` gets one Postgres and one Temporal server for the whole
// run. Vitest runs a project's global set-up only when one of its files is chosen, so unit tests start no server.
import { defineConfig } from 'vitest/config';

const common = {
  pool: 'forks' as const,
  unstubEnvs: true,
  // The build is what runs in production: loaded by Node itself, never transformed.
  server: { deps: { external: [/\/dist\//] } },
};

export default defineConfig({
  test: {
    // One more than the two cores it is meant for: killed workers and outages are mostly waited for.
    maxWorkers: 3,
    projects: [
      {
        test: {
          ...common,
          name: 'plain',
          include: ['test/{unit,property,golden}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...common,
          name: 'services',
          include: ['test/{integration,workflows,replay,e2e,faults}/**/*.test.ts'],
          globalSetup: ['test/setup/global.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          teardownTimeout: 60_000,
        },
      },
    ],
  },
});
