import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  TypeOrmHealthIndicator,
} from '@nestjs/terminus';
import { Draining } from '../common/draining';
import { NodeBus } from '../connections/bus/node-bus';
import { type Redis, REDIS } from '../redis/redis';
import { LiveDto } from './health.dto';

const DATABASE_TIMEOUT_MS = 2_000;

/** What a balancer or an orchestrator asks. */
@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly indicators: HealthIndicatorService,
    private readonly draining: Draining,
    private readonly bus: NodeBus,
    @Inject(REDIS) private readonly redis: Redis | null,
  ) {}

  /** Whether the process runs: restart it if not. */
  @Get('live')
  live(): LiveDto {
    return { status: 'ok' };
  }

  /** Whether it can serve now: send it no new clients if not. */
  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([
      () => this.database.pingCheck('database', { timeout: DATABASE_TIMEOUT_MS }),
      () => this.accepting(),
      () => this.joined(),
    ]);
  }

  private accepting() {
    const indicator = this.indicators.check('connections');
    return this.draining.isAnnounced ? indicator.down('draining') : indicator.up();
  }

  /** Without Redis it serves on, later to who is connected elsewhere: no reason to send clients away. */
  private joined() {
    if (!this.redis) return {};
    const indicator = this.indicators.check('redis');
    const { state } = this.redis;
    const told = { state, hearsOtherNodes: this.bus.isUp };
    return state === 'up' && told.hearsOtherNodes ? indicator.up(told) : indicator.degraded(told);
  }
}
