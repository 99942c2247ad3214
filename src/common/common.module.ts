import { Global, Module } from '@nestjs/common';
import { Authority } from './authority';
import { Clock, SystemClock } from './clock';
import { Draining } from './draining';
import { RequestsInFlight } from './requests-in-flight';

@Global()
@Module({
  providers: [Authority, { provide: Clock, useClass: SystemClock }, Draining, RequestsInFlight],
  exports: [Authority, Clock, Draining, RequestsInFlight],
})
export class CommonModule {}
