/** The kernel gives each address 28,000 ports, and keeps one that was closed back for a minute. */
const PER_ADDRESS = 10_000;
const ADDRESSES = 254;

let given = 0;

/** The address that the next connection of this process comes from; another process lately had none of them. */
export function nextSource(): string {
  const own = `127.${1 + ((process.pid >> 8) & 0x7f)}.${process.pid & 0xff}`;
  return `${own}.${1 + (Math.floor(given++ / PER_ADDRESS) % ADDRESSES)}`;
}

/** Whether it is for want of ports or files here that nothing connects: then nothing is found out of the server. */
export function isOwnFault({ code = '' }: NodeJS.ErrnoException): boolean {
  return ['EADDRINUSE', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE'].includes(code);
}
