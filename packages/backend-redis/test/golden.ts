/** States that Machinery (Go, v2.0.16) stored in Redis. */
export const goStates: readonly string[] = [
  '{"TaskUUID":"task_escape","TaskName":"echo_string","State":"SUCCESS","Results":[{"Type":"string","Value":"\\u003ca\\u0026b\\u003e\\u2028é\\n\\""}],"Error":"","CreatedAt":"2026-11-22T19:23:44.206916495Z","TTL":0}',
  '{"TaskUUID":"task_two","TaskName":"two","State":"SUCCESS","Results":[{"Type":"int64","Value":7},{"Type":"string","Value":"x"}],"Error":"","CreatedAt":"2026-11-22T19:23:32.392394525Z","TTL":0}',
  '{"TaskUUID":"task_panic","TaskName":"panic","State":"FAILURE","Results":null,"Error":"oops","CreatedAt":"2026-11-22T19:23:41.668477011Z","TTL":0}',
  '{"TaskUUID":"task_fail","TaskName":"fail","State":"FAILURE","Results":null,"Error":"boom \\u003cx\\u003e","CreatedAt":"2026-11-22T19:23:33.640740758Z","TTL":0}',
  '{"TaskUUID":"task_none","TaskName":"none","State":"SUCCESS","Results":[],"Error":"","CreatedAt":"2026-11-22T19:23:32.362990261Z","TTL":0}',
  '{"TaskUUID":"task_eta","TaskName":"now","State":"SUCCESS","Results":[{"Type":"int64","Value":1795375424159564002}],"Error":"","CreatedAt":"2026-11-22T19:23:41.697954952Z","TTL":0}',
  '{"TaskUUID":"task_simple","TaskName":"add","State":"PENDING","Results":null,"Error":"","CreatedAt":"2026-11-22T19:23:32.333461606Z","TTL":0}',
]

/** A group that it stored, before and after its chord fired. */
export const goGroup =
  '{"GroupUUID":"group_ch_","TaskUUIDs":["ch_c1","ch_c2"],"ChordTriggered":false,"Lock":false,"CreatedAt":"2026-11-22T19:23:32.454039562Z","TTL":0}'
export const goGroupTriggered =
  '{"GroupUUID":"group_ch_","TaskUUIDs":["ch_c1","ch_c2"],"ChordTriggered":true,"Lock":false,"CreatedAt":"2026-11-22T19:23:32.454039562Z","TTL":0}'
