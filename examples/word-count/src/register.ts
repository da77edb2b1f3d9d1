import type { Server } from '@machinery/core'
import { taskContext } from '@machinery/core'
import { countWordsOf } from './count-words.js'
import { countWords, rankCounts } from './tasks.js'

/** Registers what a worker of this example can do. */
export function registerTasks(server: Server): void {
  server.registerTask(countWords, (path) => countWordsOf(path, taskContext().signal))
  server.registerTask(rankCounts, (counts, most) =>
    counts
      .map((count, place) => ({ count, place }))
      .sort((a, b) => b.count - a.count || a.place - b.place)
      .slice(0, most)
      .map(({ place }) => place),
  )
}
