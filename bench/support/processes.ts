import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux, on every machine of these days. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat behind the name, from 0. */
const PARENT = 1;
const USER_TIME = 11;
const CHILDREN_SYSTEM_TIME = 14;

/** Seconds. */
export interface Cpu {
  server: number;
  database: number;
}

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

  /** Seconds of CPU since their start; of the server its workers, and of the database its ended sessions too. */
  cpu(server = this.server): Cpu {
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), stat: statOf(Number(name)) }));
    const family = (head: number) =>
      all.filter(({ pid, stat }) => pid === head || Number(stat?.[PARENT]) === head);
    const sum = (processes: typeof all) => processes.reduce((cpu, { stat }) => cpu + seconds(stat), 0);
    return {
      // An embedded database is a child of the server too.
      server: sum(family(server).filter(({ pid }) => pid !== this.postmaster)),
      database: sum(family(this.postmaster)),
    };
  }
}

/** Seconds of CPU of a process since its start. */
export function cpuOf(pid: number): number {
  return seconds(statOf(pid));
}

/** Memory of a process that is in RAM, MiB. */
export function rssMiBOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) / 1_024;
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
