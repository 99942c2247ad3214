import { connect } from './connect';
import { delivery } from './delivery';
import { direct1000, direct15000, peak15000 } from './direct';
import { fanout } from './fanout';
import { fanoutHighest, highest1000, highest15000 } from './highest';
import { history } from './history';
import { historyCost } from './history-cost';
import { idle } from './idle';
import { memberCost } from './member-cost';
import { mixed } from './mixed';
import { presence } from './presence';
import { rest } from './rest';
import { rolling } from './rolling';
import { soak } from './soak';
import { stages } from './stages';
import { start } from './start';
import { storage } from './storage';
import { storm } from './storm';
import { syncCost } from './sync';
import type { Scenario } from '../support/scenario';
import { workers } from './workers';

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  ...[direct1000, direct15000, peak15000, highest1000, highest15000, stages],
  ...[fanout, fanoutHighest, idle, connect, mixed, history, syncCost, rest, start],
  ...[presence, workers, storm, rolling],
  ...[historyCost, memberCost, storage, delivery, soak],
];
