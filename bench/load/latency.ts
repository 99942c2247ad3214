import type { Histogram } from '../../tools/support/histogram';
import type { Latency } from './messages';

export function latencyOf(histogram: Histogram): Latency {
  const { count, mean, max } = histogram;
  const [p50, p95, p99, p999] = [0.5, 0.95, 0.99, 0.999].map((share) => histogram.quantile(share));
  return { count, mean, p50, p95, p99, p999, max } as Latency;
}
