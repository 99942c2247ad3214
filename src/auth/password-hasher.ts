import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import { Slots } from '../common/slots';

/** Argon2id, the algorithm that is used unless told otherwise: about 40 ms and 19 MiB each. */
const OPTIONS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

// libuv has four threads, which tokens, files and name look-ups need too.
const MAX_RUNNING = Math.min(3, Math.max(2, availableParallelism() - 1));
/** About 4 s of waiting with two at once; who would wait longer is told to come back. */
const MAX_WAITING = 200;

/** Of a password that nobody knows: an unknown user costs what a wrong password costs. */
const DECOY =
  '$argon2id$v=19$m=19456,t=2,p=1$j9TQ4EFL+JSAslE+Xk0DLg$ujK8c6QlJpBczn8MgLaop1MUsm5SKs3R9DAA0Zh5ZI8';

/** Hashes and checks passwords, a few at a time; a rush beyond that is refused with `overloaded`. */
@Injectable()
export class PasswordHasher {
  private readonly slots = new Slots(MAX_RUNNING, MAX_WAITING);

  /** A PHC string to be stored. */
  hash(password: string): Promise<string> {
    return this.slots.run(() => hash(password, OPTIONS));
  }

  /** Whether it is the password; never, but at the same cost, where there is no hash. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const matches = await this.slots.run(() => verify(stored ?? DECOY, password));
    return matches && stored !== null;
  }
}
