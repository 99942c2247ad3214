import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS, SOCKET_PATH } from '@parley/protocol';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { readDockerfile } from './support/dockerfile';
import { describeWith } from './support/require-program';

const ROOT = join(__dirname, '..');
const DEPLOY = join(ROOT, 'deploy');
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');
const SETTINGS = new Set(
  [...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(
    ([, name]) => name,
  ),
);
/** `import` of a kind, as kubernetes-types has it. */
const KINDS: Record<string, string> = {
  'v1 ConfigMap': 'core/v1',
  'v1 Namespace': 'core/v1',
  'v1 Secret': 'core/v1',
  'v1 Service': 'core/v1',
  'apps/v1 Deployment': 'apps/v1',
  'autoscaling/v2 HorizontalPodAutoscaler': 'autoscaling/v2',
  'networking.k8s.io/v1 Ingress': 'networking/v1',
  'policy/v1 PodDisruptionBudget': 'policy/v1',
};

/** The documents of a YAML file, aliases followed. */
function documents(file: string): any[] {
  return parseAllDocuments(read(file)).map((document) => {
    expect([file, document.errors, document.warnings]).toEqual([file, [], []]);
    return document.toJS();
  });
}

describe('deploy/kubernetes', () => {
  const files = readdirSync(join(DEPLOY, 'kubernetes'));
  const objects = files
    .filter((file) => file !== 'kustomization.yaml')
    .flatMap((file) => documents(join('kubernetes', file)));
  const of = (kind: string) => objects.find((object) => object.kind === kind);
  const pod = of('Deployment').spec.template.spec;
  const container = pod.containers[0];

  it('has only what Kubernetes knows', () => {
    const lines = objects.map((object, i) => {
      const module = KINDS[`${object.apiVersion} ${object.kind}`];
      expect([object.apiVersion, object.kind, module]).not.toContain(undefined);
      const type = `import('kubernetes-types/${module}').${object.kind}`;
      return `export const object${i}: ${type} = ${JSON.stringify(object)};`;
    });
    expect(typeErrors(lines.join('\n'))).toEqual([]);
    expect(typeErrors(lines.join('\n').replace('"periodSeconds"', '"periodSecond"'))).not.toEqual([]);
  });

  it('names each file of the kustomization, and no secret of anybody', () => {
    const [kustomization] = documents('kubernetes/kustomization.yaml');
    const applied = files.filter((file) => !/^(kustomization|secret\.example)\.yaml$/.test(file));
    expect(kustomization.resources.sort()).toEqual(applied.sort());
    expect(kustomization.images[0].name).toBe(container.image);
    expect(of('Secret').stringData.JWT_SECRET).toBe('');
  });

  it('gives settings that there are', () => {
    const given = [
      ...Object.keys(of('ConfigMap').data),
      ...Object.keys(of('Secret').stringData),
      ...container.env.map(({ name }: { name: string }) => name),
    ];
    expect(given.filter((name) => !SETTINGS.has(name))).toEqual([]);
    const sources = container.envFrom.map((source: any) => (source.configMapRef ?? source.secretRef).name);
    expect(sources).toEqual([of('ConfigMap').metadata.name, of('Secret').metadata.name]);
  });

  it('selects the pods that there are, at the port where they listen', () => {
    const labels = of('Deployment').spec.template.metadata.labels;
    expect(of('Deployment').spec.selector.matchLabels).toEqual(labels);
    expect(of('Service').spec.selector).toEqual(labels);
    expect(of('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    for (const { labelSelector } of pod.topologySpreadConstraints)
      expect(labelSelector.matchLabels).toEqual(labels);
    const [port] = container.ports;
    expect(container.env).toContainEqual({ name: 'PORT', value: String(port.containerPort) });
    expect(of('Service').spec.ports[0].targetPort).toBe(port.name);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(container[probe].httpGet.port).toBe(port.name);
    expect(of('HorizontalPodAutoscaler').spec.scaleTargetRef).toMatchObject({
      ...{ kind: 'Deployment', name: of('Deployment').metadata.name },
    });
  });

  it('asks what there is to ask', () => {
    expect(container.readinessProbe.httpGet.path).toBe('/health/ready');
    expect(container.livenessProbe.httpGet.path).toBe('/health/live');
    const paths = of('Ingress').spec.rules[0].http.paths.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/v1', SOCKET_PATH]));
    for (const { backend } of of('Ingress').spec.rules[0].http.paths) {
      expect(backend.service.name).toBe(of('Service').metadata.name);
      expect(backend.service.port.name).toBe(of('Service').spec.ports[0].name);
    }
  });
});

describe('deploy/compose', () => {
  const [compose] = documents('compose/compose.yaml');
  const services = Object.entries<any>(compose.services);
  const nodes = services.filter(([, service]) => service.image === 'parley');

  it('gives settings that there are, and the balancer those that it has', () => {
    for (const [, { environment }] of nodes)
      expect(Object.keys(environment).filter((name) => !SETTINGS.has(name))).toEqual([]);
    const known = [...read('haproxy/parley.cfg').matchAll(/presetenv (\w+)/g)].map(([, name]) => name);
    const { environment } = compose.services.haproxy;
    expect(Object.keys(environment).sort()).toEqual(known.sort());
    const port = /^EXPOSE (\d+)$/m.exec(read('docker/Dockerfile'))?.[1];
    const named = Object.keys(environment).filter((name) => /_\d$/.test(name));
    expect(named.map((name) => environment[name]).sort()).toEqual(nodes.map(([name]) => `${name}:${port}`));
  });

  it('mounts, builds and waits for what is there', () => {
    for (const [, { build, volumes = [], depends_on: needs = {} }] of services) {
      const folder = join(DEPLOY, 'compose');
      if (build) expect(existsSync(join(folder, build.context, build.dockerfile))).toBe(true);
      for (const volume of volumes as string[]) {
        const [from = ''] = volume.split(':');
        // Certificates are the operator's.
        if (from.startsWith('.') && from !== './certs') expect(existsSync(join(folder, from))).toBe(true);
        if (!from.startsWith('.')) expect(compose.volumes).toHaveProperty(from);
      }
      const needed = Array.isArray(needs) ? needs : Object.keys(needs as object);
      for (const name of needed) expect(compose.services).toHaveProperty(name);
      for (const [name, { condition }] of Object.entries<any>(Array.isArray(needs) ? {} : needs))
        if (condition === 'service_healthy') expect(compose.services[name].healthcheck).toBeDefined();
    }
  });
});

describe('deploy/docker', () => {
  const stages = readDockerfile(read('docker/Dockerfile'));

  it('starts the server by node, as somebody who is not root, and asks it how it is', () => {
    const last = stages.at(-1)!;
    expect(last.instructions).toContainEqual({ name: 'USER', text: 'node' });
    expect(JSON.parse(last.the('CMD'))).toEqual(['node', '--max-semi-space-size=32', 'dist/src/main.js']);
    expect(last.the('HEALTHCHECK')).toMatch(/CMD \["node", .*\/health\/ready/s);
    for (const { from } of stages) expect(from).toMatch(/^node:\$\{NODE_VERSION\}-bookworm-slim$/);
  });

  it('copies what is there, and every package of the workspace before it installs', () => {
    const [build] = stages;
    const sources = build!.instructions
      .filter(({ name }) => name === 'COPY')
      .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
    for (const source of sources) expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
    const packages = readdirSync(join(ROOT, 'packages'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `packages/${name}/package.json`);
    expect(sources).toEqual(expect.arrayContaining([...packages, 'web/package.json']));
    const allowed = [...read('docker/Dockerfile.dockerignore').matchAll(/^!(\S+)$/gm)].map(
      ([, path]) => path,
    );
    const top = new Set(sources.map((source) => source.replace(/^(packages|web)\/.*/, '$1')));
    expect([...top].sort()).toEqual(allowed.sort());
  });
});

describe('deploy/haproxy and deploy/nginx', () => {
  it('wait longer than a long poll and a heartbeat', () => {
    const haproxy = read('haproxy/parley.cfg');
    const nginx = read('nginx/parley.conf');
    const seconds = (text: string, pattern: RegExp) => {
      const [, number, unit] = pattern.exec(text) ?? [];
      return Number(number) * (unit === 'h' ? 3_600 : 1);
    };
    const polls = [
      ...[/timeout client (\d+)(s)/, /timeout server (\d+)(s)/].map((pattern) => seconds(haproxy, pattern)),
      seconds(nginx, /location \/ \{[^}]*proxy_read_timeout (\d+)(s)/),
    ];
    for (const poll of polls) expect(poll).toBeGreaterThan(LIMITS.syncWaitSeconds);
    const sockets = [
      seconds(haproxy, /timeout tunnel (\d+)(h)/),
      seconds(nginx, /location = \/ws \{[^}]*proxy_read_timeout (\d+)(h)/),
      seconds(nginx, /location = \/ws \{[^}]*proxy_send_timeout (\d+)(h)/),
    ];
    // Two pings are missed until somebody is given up, and HEARTBEAT_SECONDS may be 300.
    for (const socket of sockets) expect(socket).toBeGreaterThan(3 * 300);
  });
});

describeWith('systemd-analyze', 'deploy/systemd', () => {
  const unit = join(DEPLOY, 'systemd/parley.service');

  it('is a unit that systemd takes', () => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    // It also looks whether the program is there, and the documents.
    const said = (stdout + stderr)
      .split('\n')
      .filter((line) => line && !/not executable|man:|file:/.test(line));
    expect([said, status === 0 || said.length === 0]).toEqual([[], true]);
  });

  it('keeps the server from what it does not need', () => {
    // Of 100, which is no protection at all.
    execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], {
      stdio: 'pipe',
    });
  });

  it('starts what is built, stops as it has to be stopped, and sets what there is', () => {
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(read('systemd/parley.service'))?.[1];
    expect(value('ExecStart')).toBe('/usr/bin/node --max-semi-space-size=32 dist/src/main.js');
    expect(value('KillSignal')).toBe('SIGTERM');
    // Its workers and the embedded database are ended by the main process.
    expect(value('KillMode')).toBe('mixed');
    const named = [...(value('Environment') ?? '').matchAll(/(\w+)=/g)].map(([, name]) => name);
    expect(named.filter((name) => !SETTINGS.has(name))).toEqual([]);
  });
});

/** What the compiler says of a source. */
function typeErrors(source: string): string[] {
  const file = join(ROOT, 'test', 'objects.ts');
  const options: ts.CompilerOptions = {
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ...{ noEmit: true, strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2023 },
  };
  const host = ts.createCompilerHost(options);
  const fromDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2023) : fromDisk(name, ...rest);
  host.fileExists = (name) => name === file || ts.sys.fileExists(name);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
