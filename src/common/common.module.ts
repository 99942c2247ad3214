import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock';
import { Draining } from './draining';
import { RequestsInFlight } from './requests-in-flight';

@Global()
@Module({
  providers: [{ provide: Clock, useClass: SystemClock }, Draining, RequestsInFlight],
  exports: [Clock, Draining, RequestsInFlight],
})
export class CommonModule {}
