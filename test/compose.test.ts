/** docker-compose.yml: against the official schema, against our own environment and files, and for what it must not do. */
import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ENV_NAMES, readEnv } from '#dist/env.js';

const root = new URL('../', import.meta.url);
const text = readFileSync(new URL('docker-compose.yml', root), 'utf8');

const serviceSchema = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  restart: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const compose = parse(text, { merge: true }) as Record<string, unknown>;
const services = z.object({ services: z.record(z.string(), serviceSchema) }).parse(compose).services;
const ours = Object.entries(services).filter(([, service]) => service.build !== undefined);

/** Compose replaces `${NAME:?message}` and `${NAME:-default}` before a container sees the value. */
function substituted(value: string): string {
  return value.replace(/\$\{\w+:\?[^}]+\}/g, 'a1b2').replace(/\$\{\w+:-([^}]*)\}/g, '$1');
}

/** The schema names itself in an old way (`id`, and its draft by http); references are all within it, so the names go. */
function withoutNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => !(/^(id|\$schema)$/.test(key) && typeof inner === 'string'),
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNames(inner)]));
}

function validator() {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('duration', /^(\d+(ns|us|ms|s|m|h))+$/);
  ajv.addFormat('ports', {
    validate: (value: string) => /^([\d.]+:)?(\d+(-\d+)?:)?\d+(-\d+)?(\/(tcp|udp))?$/.test(value),
  });
  ajv.addFormat('expose', /^\d+(-\d+)?(\/(tcp|udp))?$/);
  ajv.addFormat('subnet_ip_address', /^[\d.:a-f]+\/\d+$/);
  return ajv.compile(
    withoutNames(JSON.parse(readFileSync(new URL('fixtures/compose-spec.json', import.meta.url), 'utf8'))) as object,
  );
}

describe('docker-compose.yml', () => {
  it('is valid by the Compose Specification', () => {
    const validate = validator();
    validate(compose);
    expect(validate.errors).toBeNull();
  });

  it('would be refused by the same check with a misspelt key or a malformed duration', () => {
    const validate = validator();
    expect(validate({ services: { worker: { imagee: 'x' } } })).toBe(false);
    expect(validate({ services: { worker: { image: 'x', stop_grace_period: 'a minute' } } })).toBe(false);
  });

  it('gives our processes only variables that they know, with values that they accept', () => {
    expect(ours.map(([name]) => name).sort()).toEqual(['cli', 'gateway', 'registry-schema', 'trainer', 'worker']);
    for (const [name, { environment }] of ours) {
      const values = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, substituted(value)]));
      const unknown = Object.keys(values).filter((key) => !ENV_NAMES.includes(key) && !key.startsWith('TEMPORAL_'));
      expect(unknown, name).toEqual([]);
      const env = readEnv(values);
      expect(env.temporal, name).toMatchObject({ address: 'temporal:7233', namespace: 'perennial' });
      expect(env.databaseUrl, name).toBe('postgres://perennial:a1b2@postgres:5432/perennial');
    }
  });

  it('starts programs that exist', () => {
    for (const [name, { command = [], entrypoint }] of ours) {
      const [program, script = ''] = entrypoint ?? command;
      expect(program, name).toBe('node');
      const source = script.replace(/^dist\/(.*)\.js$/, 'src/$1.ts');
      expect(existsSync(new URL(source, root)), `${name}: ${script}`).toBe(true);
    }
  });

  it('lets the gateway listen to the other containers, on the port that is published', () => {
    const { environment = {}, ports = [], depends_on: needs = {} } = services.gateway ?? {};
    const { gateway } = readEnv(
      Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, substituted(value)])),
    );
    expect(gateway.host).toBe('0.0.0.0');
    expect(ports).toEqual([`127.0.0.1:${gateway.port}:${gateway.port}`]);
    // It works without Temporal, so it must not wait for it.
    expect(Object.keys(needs)).toEqual(['registry-schema']);
  });

  it('covers every role of the workers once', () => {
    const roles = ['worker', 'trainer'].flatMap((name) => services[name]?.command?.slice(2) ?? []);
    expect(roles.sort()).toEqual(['data', 'run', 'train']);
  });

  it('registers the search attributes that the workflows set', () => {
    const keys =
      readFileSync(new URL('src/workflows/search-attributes.ts', root), 'utf8').match(/'Perennial\w+'/g) ?? [];
    const script = services['temporal-namespace']?.command?.join('\n') ?? '';
    const registered = [...script.matchAll(/(Perennial\w+):\w+/g)].map((match) => `'${match[1]}'`);
    expect(registered.sort()).toEqual([...new Set(keys)].sort());
  });
});

describe('docker-compose.yml keeps to the house rules: it', () => {
  it('publishes ports on this machine only', () => {
    for (const [name, { ports }] of Object.entries(services))
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
  });

  it('pins every image to a version', () => {
    for (const [name, { image }] of Object.entries(services)) expect(image, name).toMatch(/:\d+\.\d+(\.\d+)?(-\w+)?$/);
  });

  it('contains no password: each is required from the environment', () => {
    for (const [name, { environment }] of Object.entries(services))
      for (const [key, value] of Object.entries(environment))
        if (/PASSWORD|PWD|SECRET|KEY|TOKEN|_URL$/.test(key))
          expect(value, `${name}.${key}`).toMatch(/\$\{\w+:\?[^}]+\}/);
  });

  it('waits only for what can be waited for', () => {
    for (const [name, { depends_on }] of Object.entries(services))
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const target = services[needed];
        expect(target, `${name} needs ${needed}`).toBeDefined();
        if (condition === 'service_healthy') expect(target?.healthcheck, needed).toBeDefined();
        if (condition === 'service_completed_successfully') expect(target?.restart, needed).toMatch(/^on-failure/);
      }
  });

  it('mounts files that exist and volumes that are declared', () => {
    const declared = Object.keys((compose.volumes ?? {}) as object);
    for (const [name, { volumes }] of Object.entries(services))
      for (const volume of volumes) {
        const source = volume.split(':')[0] ?? '';
        const isFine = source.startsWith('./') ? existsSync(new URL(source, root)) : declared.includes(source);
        expect(isFine, `${name}: ${volume}`).toBe(true);
      }
  });
});

describe('Dockerfile', () => {
  const dockerfile = readFileSync(new URL('Dockerfile', root), 'utf8');

  it('copies files that exist', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
      (match) => match[1]?.split(' ') ?? [],
    );
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) expect(existsSync(new URL(source, root)), source).toBe(true);
  });

  it('does not run the workers as root', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('FROM'));
    expect(last).toMatch(/^USER (?!root)\w+$/m);
  });
});
