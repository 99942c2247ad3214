/** An expected failure: one sentence naming what is wrong and the way out. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

const OTHER_DATABASE = 'set DATABASE_URL to a PostgreSQL of your own';

/** What PostgreSQL prints, and what it means for `place`, the folder in question. */
const KNOWN_OUTPUT: ReadonlyArray<[RegExp, (place: string) => string]> = [
  [/No space left on device|Disk quota exceeded/, (place) => fullDisk(place)],
  [
    /Read-only file system/,
    (place) => `${place} is on a read-only file system: set DATA_DIR to a writable folder`,
  ],
  [
    /(database files are incompatible with server|initialized by PostgreSQL version)/,
    (place) =>
      `the data in ${place} does not fit this PostgreSQL: start the Parley that wrote it, or ${OTHER_DATABASE}`,
  ],
  [
    /(Permission denied|Operation not permitted|wrong ownership|invalid permissions)/,
    (place) =>
      `PostgreSQL may not use ${place}: give the folder to the user that runs it, or set DATA_DIR to another one`,
  ],
  [
    /(Address already in use|could not create any (TCP\/IP|Unix-domain) sockets)/,
    (place) =>
      `PostgreSQL cannot listen for the data in ${place}: stop what holds its address, or ${OTHER_DATABASE}`,
  ],
  [
    /(pre-existing shared memory block|lock file .* already exists)/,
    (place) =>
      `processes of an earlier PostgreSQL still use ${place}: end them, or set DATA_DIR to another folder`,
  ],
  [
    /(could not map anonymous shared memory|could not create shared memory|Cannot allocate memory|out of memory)/i,
    () => `there is too little memory for PostgreSQL: free some, or ${OTHER_DATABASE}`,
  ],
  [
    /(unrecognized configuration parameter|invalid value for parameter|syntax error in file|outside the valid range|contains errors)/,
    (place) =>
      `PostgreSQL does not take a setting: correct it in the settings or in ${place}/postgresql.conf`,
  ],
  [
    /(checkpoint record|control file|PANIC|incorrect checksum|invalid page|could not open file|could not open directory|could not access status|not a valid data directory|could not read file|Bad file descriptor|could not access the server configuration file|does not exist)/,
    (place) =>
      `the data in ${place} is damaged: restore the folder from a backup, or move it away to begin with an empty database`,
  ],
];

/** Turns the output of initdb or postgres into one sentence about `place`. */
export function explainOutput(output: string, place: string): EmbeddedPostgresError {
  const line = relevantLine(output);
  for (const [pattern, sentence] of KNOWN_OUTPUT) {
    if (pattern.test(line) || (line === '' && pattern.test(output))) return quote(sentence(place), line);
  }
  // initdb names the cause a line before its verdict: what was not found in the verdict may be above it.
  for (const [pattern, sentence] of KNOWN_OUTPUT.slice(0, 2)) {
    const above = output.split('\n').find((each) => pattern.test(each));
    if (above !== undefined) return quote(sentence(place), tidy(above));
  }
  return quote(
    `PostgreSQL did not start with the data in ${place}: see what it says, or ${OTHER_DATABASE}`,
    line,
  );
}

const FILE_ERRORS: Readonly<Record<string, (path: string) => string>> = {
  ENOSPC: (path) => fullDisk(path),
  EDQUOT: (path) => fullDisk(path),
  EROFS: (path) => `${path} is on a read-only file system: set DATA_DIR to a writable folder`,
  EACCES: (path) =>
    `no permission for ${path}: give it to the user that runs Parley, or set DATA_DIR to another folder`,
  EPERM: (path) =>
    `no permission for ${path}: give it to the user that runs Parley, or set DATA_DIR to another folder`,
  ENOTDIR: (path) => `${path} is not a folder: set DATA_DIR to a folder`,
  EEXIST: (path) => `${path} is not a folder: set DATA_DIR to a folder`,
  ELOOP: (path) => `${path} is a symbolic link where none belongs: remove it`,
  ENAMETOOLONG: (path) => `${path} is too long a path: set DATA_DIR to a shorter one`,
};

/** Makes a sentence of a file system error; anything else comes back as it is. */
export function explainFileError(error: unknown, place: string): unknown {
  if (typeof error !== 'object' || error === null || error instanceof EmbeddedPostgresError) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const sentence = code === undefined ? undefined : FILE_ERRORS[code];
  return sentence
    ? new EmbeddedPostgresError(`${sentence(path ?? place)} (${code})`, { cause: error })
    : error;
}

/** The sentence for a disk without room for `place`. */
export function fullDisk(place: string): string {
  return `the disk that holds ${place} is full: free some space, or set DATA_DIR to a folder on another disk`;
}

/** The line that names the cause: the first PANIC or FATAL, else the first error. */
function relevantLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const found =
    lines.find((line) => /\b(PANIC|FATAL):/.test(line)) ??
    lines.find((line) => /\berror:|ERROR:|error while loading|^could not|cannot/i.test(line)) ??
    lines.at(-1);
  return found === undefined ? '' : tidy(found);
}

/** Without time, process id and severity. */
function tidy(line: string): string {
  return line
    .replace(/^.*?\b(PANIC|FATAL|ERROR|LOG|error):\s*/, (_all, severity: string) =>
      severity === 'PANIC' ? 'PANIC: ' : '',
    )
    .trim();
}

function quote(sentence: string, line: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(line === '' ? sentence : `${sentence} (PostgreSQL says: ${line})`);
}
