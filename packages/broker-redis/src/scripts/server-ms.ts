/** What is due is told by the server's clock: those of workers differ, and no message may come early. */
export const serverMsLua: string = /* lua */ `
local function serverMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`
