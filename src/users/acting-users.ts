import { Inject, Injectable } from '@nestjs/common';
import { ACTING_USER_HEADER } from '@parley/protocol';
import { DomainError } from '../common/domain-error';
import { UUID_PATTERN } from '../common/pagination';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { IdentitiesService } from './identities.service';
import { issuerOfProduct } from './product-issuer';
import { UsersService } from './users.service';

const EXTERNAL = 'external:';

/** For whom the product acts. */
@Injectable()
export class ActingUsers {
  constructor(
    @Inject(ENV) private readonly env: Pick<Env, 'issuer'>,
    private readonly identities: IdentitiesService,
    private readonly users: UsersService,
  ) {}

  /** The id of whom a header names; rejects with `payload_invalid` or `user_not_found`. */
  async require(header: string | string[] | undefined): Promise<string> {
    if (typeof header !== 'string' || header === '') {
      throw new DomainError('payload_invalid', `Name the user for whom in ${ACTING_USER_HEADER}.`);
    }
    if (header.startsWith(EXTERNAL)) return this.findExternal(header.slice(EXTERNAL.length));
    const userId = header.toLowerCase();
    if (!UUID_PATTERN.test(userId)) throw invalid();
    await this.users.requireExisting([userId]);
    return userId;
  }

  private async findExternal(encoded: string): Promise<string> {
    const userId = await this.identities.find(issuerOfProduct(this.env), decode(encoded));
    if (userId === null) throw new DomainError('user_not_found');
    return userId;
  }
}

/** Headers are ASCII: other characters come as in a URL. */
function decode(encoded: string): string {
  try {
    const text = decodeURIComponent(encoded);
    if (!text.includes('\u0000')) return text;
  } catch {
    // Told below.
  }
  throw invalid();
}

function invalid(): DomainError {
  return new DomainError(
    'payload_invalid',
    `${ACTING_USER_HEADER} is the id of a user, or external: and the id that the product has, as in a URL.`,
  );
}
