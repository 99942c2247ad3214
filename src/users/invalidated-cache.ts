import { LRUCache } from 'lru-cache';

interface Options<V> {
  /** Bound of the sum of the weights. */
  maxWeight: number;
  weight: (value: V) => number;
}

/** A bounded cache over the database that never keeps what was read before an invalidation. */
export class InvalidatedCache<V extends NonNullable<unknown>> {
  // Promises are kept too, so that a hit allocates nothing.
  private readonly values: LRUCache<string, { value: V; promise: Promise<V> }>;
  private readonly loading = new Map<string, Loading<V>>();
  private readonly weight: (value: V) => number;

  constructor(
    options: Options<V>,
    private readonly read: (key: string) => Promise<V>,
  ) {
    this.values = new LRUCache({ maxSize: options.maxWeight });
    this.weight = options.weight;
  }

  get(key: string): Promise<V> {
    return this.values.get(key)?.promise ?? this.load(key);
  }

  /** What is in memory: to wait for it costs more than the look. */
  held(key: string): V | undefined {
    return this.values.get(key)?.value;
  }

  /** To be called after the commit of a change. */
  invalidate(key: string): void {
    const loading = this.loading.get(key);
    if (loading) loading.stale = true;
    this.values.delete(key);
  }

  private load(key: string): Promise<V> {
    const running = this.loading.get(key);
    if (running && !running.stale) return running.promise;
    const loading = new Loading<V>((self) => this.keep(key, self));
    this.loading.set(key, loading);
    return loading.promise;
  }

  private async keep(key: string, loading: Loading<V>): Promise<V> {
    try {
      const promise = this.read(key);
      const value = await promise;
      if (loading.stale) return await this.get(key);
      this.values.set(key, { value, promise }, { size: this.weight(value) });
      return value;
    } finally {
      if (this.loading.get(key) === loading) this.loading.delete(key);
    }
  }
}

class Loading<V> {
  /** Invalidated meanwhile, so what is being read may be older. */
  stale = false;
  readonly promise: Promise<V>;

  constructor(run: (self: Loading<V>) => Promise<V>) {
    this.promise = run(this);
  }
}
