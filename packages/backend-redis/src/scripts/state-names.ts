import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { stateName } from './state-name.js'

/**
 * KEYS the states of tasks
 * Returns the name of each, in order; empty where there is none
 */
export const stateNames: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
${stateName}
local names = {}
for i = 1, #KEYS do
  names[i] = stateName(KEYS[i]) or ''
end
return names
`,
})
