import { Module } from '@nestjs/common';
import { CommitFeed } from './commit-feed';
import { TimelineReader } from './timeline-reader';
import { TimelineWriter } from './timeline-writer';

@Module({
  providers: [CommitFeed, TimelineReader, TimelineWriter],
  exports: [TimelineReader, TimelineWriter],
})
export class TimelineModule {}
