"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Announcer = void 0;
const bus_payload_1 = require("./bus-payload");
const interests_1 = require("./interests");
/** Between looks at what has changed. */
const BATCH_MS = 5;
/** After an announcement was lost. */
const RETRY_MS = 250;
/** Tells the other nodes what this one listens to: what has changed, and all of it where that is asked for. */
class Announcer {
    node;
    publish;
    events;
    /** Of the last announcement. */
    number = 0;
    interests = new interests_1.Interests();
    /** Joined since the last announcement. */
    arriving = new Set();
    /** Announced, and not known to all. */
    waiting = [];
    published = 0;
    isUp = false;
    owesAll = true;
    timer;
    constructor(node, publish, events) {
        this.node = node;
        this.publish = publish;
        this.events = events;
    }
    join(channel) {
        if (!this.interests.add(channel))
            return;
        this.arriving.add(channel);
        this.announceSoon(BATCH_MS);
    }
    leave(channel) {
        this.interests.remove(channel);
        this.arriving.delete(channel);
        this.announceSoon(BATCH_MS);
    }
    /** Everything is to be told once more. */
    tellAll() {
        this.owesAll = true;
        this.announceSoon(BATCH_MS);
    }
    /** This node can hear, so others may speak to it. */
    up() {
        this.isUp = true;
        this.announce();
    }
    down() {
        this.isUp = false;
    }
    close() {
        this.isUp = false;
        clearTimeout(this.timer);
    }
    /** Tells what has changed, or that this node is there. */
    announce() {
        clearTimeout(this.timer);
        this.timer = undefined;
        if (!this.isUp)
            return;
        const isWhole = this.owesAll;
        const changed = this.interests.takeChanges();
        if (changed.length > 0 || this.number === 0)
            this.number++;
        if (this.arriving.size > 0)
            this.waiting.push({ number: this.number, channels: [...this.arriving] });
        this.arriving.clear();
        this.owesAll = false;
        const { node, number } = this;
        const changes = isWhole ? this.interests.all() : changed;
        this.publish((0, bus_payload_1.encodeAnnouncement)({ node, number, isWhole, changes })).then(() => {
            this.published = number;
            this.settle();
        }, () => {
            // What others know now is not known here.
            this.owesAll = true;
            this.announceSoon(RETRY_MS);
        });
    }
    /** To be called when somebody else has caught up, or is not waited for any more. */
    settle() {
        while (this.waiting[0] && this.waiting[0].number <= this.published) {
            if (!this.events.isHeard(this.waiting[0].number))
                return;
            this.events.joined(this.waiting.shift().channels);
        }
    }
    announceSoon(ms) {
        if (this.isUp)
            this.timer ??= setTimeout(() => this.announce(), ms).unref();
    }
}
exports.Announcer = Announcer;
