"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.PresenceStore = exports.UNSEEN = void 0;
/** What a user is taken for of whom nothing is stored. */
exports.UNSEEN = { status: 'offline', own: 'online' };
/**
 * Who is connected, what they chose, and what was said of it; shared by all nodes.
 *
 * Any method rejects when the store cannot be reached. One that loses entries with a connection of its
 * own puts back those of its node itself.
 */
class PresenceStore {
}
exports.PresenceStore = PresenceStore;
