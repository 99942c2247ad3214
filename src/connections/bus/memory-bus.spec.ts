import { MemoryBus, MemoryBusHub } from './memory-bus';
import { nodeBusContract } from './node-bus.contract';

const hub = new MemoryBusHub();
nodeBusContract('MemoryBus', () => Promise.resolve(new MemoryBus(hub)));
