"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.LEASE = exports.RESTORE = exports.ANNOUNCE = exports.CHOOSE = exports.CONNECTIONS = void 0;
exports.runScript = runScript;
const node_crypto_1 = require("node:crypto");
/** Sends the text only when the Redis that has the key does not have it yet. */
function runScript(redis, { text, sha }, key, args) {
    const options = { keys: [key], arguments: args.map(String) };
    return redis.run(key, async (client) => {
        try {
            return await client.evalSha(sha, options);
        }
        catch (error) {
            if (!String(error).includes('NOSCRIPT'))
                throw error;
            return client.eval(text, options);
        }
    });
}
function script(text) {
    return { text, sha: (0, node_crypto_1.createHash)('sha1').update(text).digest('hex') };
}
/*
 * A user is one hash: `n:<node>` is how many connections a node holds,
 * `chosen` and `until` what they chose, `seen` when others could last see them, `status` and `own` what was
 * last announced. Who is connected has no expiry; a node that dies is cleared away by another.
 */
// `held`: whether a node but one holds a connection; those that ARGV names from `first` on are dead. `hidden`: by choice.
const HELD = `
  local function held(key, first, except)
    for _, field in ipairs(redis.call('HKEYS', key)) do
      local node = string.sub(field, 1, 2) == 'n:' and string.sub(field, 3)
      if node and node ~= except then
        local dead = false
        for i = first, #ARGV do dead = dead or ARGV[i] == node end
        if not dead then return true end
      end
    end
    return false
  end
  local function hidden(key, now)
    return redis.call('HGET', key, 'chosen') == 'invisible' and now < tonumber(redis.call('HGET', key, 'until') or 0)
  end`;
/**
 * KEYS: the user. ARGV: node, connections, ttl in ms, now, then the nodes that are dead.
 * Returns 1 when the node has none any more, and another has.
 */
exports.CONNECTIONS = script(`${HELD}
  local key, field = KEYS[1], 'n:' .. ARGV[1]
  local count, now = tonumber(ARGV[2]), tonumber(ARGV[4])
  if count > 0 then
    redis.call('HSET', key, field, count)
    redis.call('PERSIST', key)
    return
  end
  if redis.call('HDEL', key, field) == 0 then return end
  if held(key, 5, ARGV[1]) then return 1 end
  if not hidden(key, now) then redis.call('HSET', key, 'seen', ARGV[4]) end
  redis.call('HSETNX', key, 'seen', '')
  redis.call('PEXPIRE', key, ARGV[3])`);
/** KEYS: the user. ARGV: status, until, now, ttl in ms, then the nodes that are dead. */
exports.CHOOSE = script(`${HELD}
  local key, now = KEYS[1], tonumber(ARGV[3])
  local connected = held(key, 5)
  if ARGV[1] == 'invisible' and not hidden(key, now) and connected then redis.call('HSET', key, 'seen', ARGV[3]) end
  if ARGV[1] == 'online' then redis.call('HDEL', key, 'chosen', 'until')
  else redis.call('HSET', key, 'chosen', ARGV[1], 'until', ARGV[2]) end
  redis.call('HSETNX', key, 'seen', '')
  if not connected then redis.call('PEXPIRE', key, ARGV[4]) end`);
/** KEYS: the user. ARGV: status, own. Returns what was announced before; of whom nothing is stored, nothing is. */
exports.ANNOUNCE = script(`
  local before = redis.call('HMGET', KEYS[1], 'status', 'own')
  if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'status', ARGV[1], 'own', ARGV[2]) end
  return before`);
/** KEYS: the user. ARGV: node, connections, status, own. Puts back what Redis has lost. */
exports.RESTORE = script(`
  redis.call('HSET', KEYS[1], 'n:' .. ARGV[1], ARGV[2])
  redis.call('PERSIST', KEYS[1])
  redis.call('HSETNX', KEYS[1], 'status', ARGV[3])
  redis.call('HSETNX', KEYS[1], 'own', ARGV[4])`);
/**
 * KEYS: the nodes' leases. ARGV: node, lease in ms. By Redis' clock.
 *
 * Returns 1 and the nodes that are dead; or 0 when this node's own lease was not running any more: then nobody
 * is judged, as the others may have been kept from renewing theirs too.
 */
exports.LEASE = script(`
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local before = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  if before <= now then return {0, {}} end
  return {1, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)}`);
