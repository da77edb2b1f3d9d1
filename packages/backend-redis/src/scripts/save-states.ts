import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { stateName } from './state-name.js'

/**
 * Stores states, each only where it may follow what is stored; then tells those who wait for the results.
 *
 * KEYS[i] the state of a task
 * ARGV, five for each key: the record (JSON); its life (ms); the names of the states it may not follow, each followed by a
 * comma; the channel of who waits, or nothing; the task's UUID as JSON, where somebody waits
 * Returns { kept, refused }: each a list of pairs, the number of the key (from 1) and what is stored, or the error
 */
export const saveStates: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
${stateName}
local kept, refused, news, channels = {}, {}, {}, {}
for i = 1, #KEYS do
  local at = 5 * i
  local name, err = stateName(KEYS[i])
  if err then
    refused[#refused + 1] = i
    refused[#refused + 1] = err
  elseif name and string.find(ARGV[at - 2], name .. ',', 1, true) then
    kept[#kept + 1] = i
    kept[#kept + 1] = redis.call('GET', KEYS[i])
  else
    redis.call('SET', KEYS[i], ARGV[at - 4], 'PX', ARGV[at - 3])
    local channel = ARGV[at - 1]
    if channel ~= '' then
      if not news[channel] then
        news[channel] = {}
        channels[#channels + 1] = channel
      end
      table.insert(news[channel], ARGV[at])
    end
  end
end
for _, channel in ipairs(channels) do
  redis.pcall('PUBLISH', channel, '[' .. table.concat(news[channel], ',') .. ']')
end
return { kept, refused }
`,
})
