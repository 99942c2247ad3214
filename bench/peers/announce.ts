import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Tells the bench where a peer listens; it ends with the bench. */
export function announce(server: Server): void {
  process.on('disconnect', () => process.exit());
  process.send?.({ port: (server.address() as AddressInfo).port });
}
