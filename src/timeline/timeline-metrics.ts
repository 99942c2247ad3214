import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { FOLLOWING } from '../database/following';
import { Metrics } from '../metrics/metrics';
import { AppendCommitter } from './append-committer';
import { TimelineWriter } from './timeline-writer';

const SIZES = [1, 3, 10, 30, 100, 300, 1_000];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How messages get into the database. */
@Injectable()
export class TimelineMetrics {
  constructor(
    metrics: Metrics,
    committer: AppendCommitter,
    writer: TimelineWriter,
    @InjectDataSource() source: DataSource,
    @InjectDataSource(FOLLOWING) following: DataSource,
  ) {
    const size = metrics.histogram(
      { name: 'parley_commit_messages', help: 'Messages of a commit of sends' },
      SIZES,
    );
    const duration = metrics.histogram(
      { name: 'parley_commit_duration_seconds', help: 'Time of a commit of sends, from taking a connection' },
      SECONDS,
    );
    committer.onCommitted((messages, seconds) => {
      size.observe(messages);
      duration.observe(seconds);
    });
    metrics.gauge(
      { name: 'parley_write_queue_messages', help: 'Sends and changes that wait for the database' },
      () => writer.queued,
    );
    const pools: [string, Pool][] = [
      ['requests', poolOf(source)],
      ['following', poolOf(following)],
    ];
    metrics.gauge(
      { name: 'parley_database_connections_used', help: 'Connections at work, by pool', label: 'pool' },
      () => pools.map(([name, pool]) => [name, pool.totalCount - pool.idleCount]),
    );
    metrics.gauge(
      { name: 'parley_database_requests_waiting', help: 'Requests for a connection, by pool', label: 'pool' },
      () => pools.map(([name, pool]) => [name, pool.waitingCount]),
    );
  }
}

function poolOf(source: DataSource): Pool {
  return (source.driver as unknown as { master: Pool }).master;
}
