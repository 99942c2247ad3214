import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock';
import { RequestsInFlight } from './requests-in-flight';

@Global()
@Module({
  providers: [{ provide: Clock, useClass: SystemClock }, RequestsInFlight],
  exports: [Clock, RequestsInFlight],
})
export class CommonModule {}
