import { Histogram } from '../../tools/support/histogram';
import { RawClient, type RawEnd } from './raw-client';

/** What a Crowd asks of its process. */
export type CrowdOrder =
  | { do: 'make'; tokens: string[] }
  /** Connects some clients, so many at once, to the urls in turn. */
  | { do: 'connect'; first: number; count: number; urls: string[]; atOnce: number }
  /** Expects so many to lose their connection, and to go to one of these at once. */
  | { do: 'return'; count: number; urls: string[] }
  | { do: 'leave' };

/** How a connecting, or a return, went. */
export interface Arrival {
  /** Milliseconds from the first attempt, or loss, until all had caught up. */
  all: number;
  /** Of one client: from its first attempt, or loss, until it had caught up. */
  p50: number;
  p99: number;
  /** Attempts that were refused with 503, and those that failed otherwise. */
  refused: number;
  failed: number;
  /** CPU of the clients' process for each of them, µs. */
  cpu: number;
}

const RETRY_MS = 200;

/** A number of clients on their way. */
class Wave {
  private readonly latency = new Histogram();
  private begun: number | undefined;
  private refused = 0;
  private failed = 0;
  private arrived = 0;
  private cpu = process.cpuUsage();

  constructor(
    private readonly count: number,
    private readonly done: (arrival: Arrival) => void,
  ) {}

  /** Brings one client to a server, however often that takes. */
  async bring(client: RawClient, urls: readonly URL[], at: number): Promise<void> {
    const start = performance.now();
    if (this.begun === undefined) {
      this.begun = start;
      this.cpu = process.cpuUsage();
    }
    for (let attempt = 0; ; attempt++) {
      const url = urls[(at + attempt) % urls.length];
      if (!url) throw new Error('there is nowhere to go');
      const end = await client.catchUp(url, () => lost(client, at)).catch((reason: RawEnd) => reason);
      if (!end) break;
      if (end.status === 503) this.refused++;
      else this.failed++;
      const wait = Math.max(RETRY_MS, end.retryAfterMs);
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
    this.latency.add(performance.now() - start);
    this.arrived++;
    if (this.arrived === this.count) this.finish();
  }

  private finish(): void {
    const { latency, refused, failed, begun = 0 } = this;
    const [p50, p99] = [latency.quantile(0.5), latency.quantile(0.99)];
    const { user, system } = process.cpuUsage(this.cpu);
    const cpu = (user + system) / this.count;
    this.done({ all: performance.now() - begun, p50, p99, refused, failed, cpu });
  }
}

let clients: RawClient[] = [];
let returning: { wave: Wave; urls: URL[] } | undefined;

function lost(client: RawClient, at: number): void {
  if (returning) void returning.wave.bring(client, returning.urls, at);
}

async function connect({ first, count, urls, atOnce }: CrowdOrder & { do: 'connect' }): Promise<void> {
  const targets = urls.map((url) => new URL(url));
  const wave = new Wave(count, tell);
  let next = first;
  const bringSome = async () => {
    while (next < first + count) {
      const at = next++;
      const client = clients[at];
      if (client) await wave.bring(client, targets, at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, bringSome));
}

function tell(answer: Arrival | null): void {
  process.send?.(answer);
}

process.on('message', (order: CrowdOrder) => {
  if (order.do === 'connect') return void connect(order);
  if (order.do === 'return') {
    returning = { wave: new Wave(order.count, tell), urls: order.urls.map((url) => new URL(url)) };
    return;
  }
  if (order.do === 'make') {
    clients = order.tokens.map((token) => new RawClient(token));
  } else {
    returning = undefined;
    for (const client of clients) client.end();
  }
  tell(null);
});
process.on('disconnect', () => process.exit());
