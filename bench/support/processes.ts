import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux, on every machine of these days. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat behind the name, from 0. */
const PARENT = 1;
const USER_TIME = 11;
const CHILDREN_SYSTEM_TIME = 14;

/** A server's process and those of its PostgreSQL, as the kernel accounts for them. */
export class Processes {
  private readonly postmaster: number;

  /** @param backend Any process of the database. */
  constructor(
    private readonly server: number,
    backend: number,
  ) {
    this.postmaster = Number(statOf(backend)?.[PARENT]);
  }

  /** Seconds of CPU since their start; of the database its ended sessions too. */
  cpu(): { server: number; database: number } {
    const ofDatabase = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), stat: statOf(Number(name)) }))
      .filter(({ pid, stat }) => pid === this.postmaster || Number(stat?.[PARENT]) === this.postmaster);
    return {
      server: seconds(statOf(this.server)),
      database: ofDatabase.reduce((sum, { stat }) => sum + seconds(stat), 0),
    };
  }
}

/** Null for a process that has ended. */
function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in brackets, and may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Its own, and those of its children that have ended. */
function seconds(stat: string[] | null): number {
  const times = stat?.slice(USER_TIME, CHILDREN_SYSTEM_TIME + 1) ?? [];
  return times.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}
