import { Inject, Injectable } from '@nestjs/common';
import type { ExternalUser, User } from '@parley/protocol';
import { Clock } from '../common/clock';
import { DomainError } from '../common/domain-error';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import type { PutExternalUserDto } from './external-users.dto';
import { IdentitiesService } from './identities.service';
import { issuerOfProduct } from './product-issuer';
import { UsersService } from './users.service';

/** People whom the product tells of ahead, before they show a token of their own. */
@Injectable()
export class ExternalUsersService {
  constructor(
    @Inject(ENV) private readonly env: Pick<Env, 'issuer'>,
    private readonly identities: IdentitiesService,
    private readonly users: UsersService,
    private readonly clock: Clock,
  ) {}

  async put(externalId: string, { displayName, username }: PutExternalUserDto): Promise<ExternalUser> {
    const { userId, created } = await this.identities.require({
      ...{ issuer: issuerOfProduct(this.env), subject: externalId, displayName },
      ...{ username: username ?? null, at: new Date(this.clock.now()) },
    });
    return { user: await this.users.require(userId), created };
  }

  async get(externalId: string): Promise<User> {
    const userId = await this.identities.find(issuerOfProduct(this.env), externalId);
    if (userId === null) throw new DomainError('user_not_found');
    return this.users.require(userId);
  }
}
