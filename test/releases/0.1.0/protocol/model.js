"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.CHOSEN_STATUSES = exports.PRESENCE_STATUSES = exports.MEMBER_ROLES = exports.CONVERSATION_KINDS = exports.CONTACT_ACTIONS = exports.CONTACT_STATES = void 0;
exports.CONTACT_STATES = ['none', 'outgoing', 'incoming', 'accepted', 'blocked'];
exports.CONTACT_ACTIONS = ['request', 'accept', 'decline', 'block', 'unblock'];
exports.CONVERSATION_KINDS = ['direct', 'group'];
exports.MEMBER_ROLES = ['owner', 'admin', 'member'];
exports.PRESENCE_STATUSES = ['online', 'away', 'busy', 'invisible', 'offline', 'unknown'];
exports.CHOSEN_STATUSES = ['online', 'away', 'busy', 'invisible'];
