import { Module } from '@nestjs/common';
import { CommitFeed } from './commit-feed';
import { AppendCommitter } from './append-committer';
import { TimelineMetrics } from './timeline-metrics';
import { TimelineReader } from './timeline-reader';
import { TimelineWriter } from './timeline-writer';

@Module({
  providers: [AppendCommitter, CommitFeed, TimelineMetrics, TimelineReader, TimelineWriter],
  exports: [CommitFeed, TimelineReader, TimelineWriter],
})
export class TimelineModule {}
