import type { Server } from '@machinery/core'
import { taskContext } from '@machinery/core'
import { countWordsOf } from './count-words.js'
import { countWords, rankWords } from './tasks.js'

/** Registers what a worker of this example can do. */
export function registerTasks(server: Server): void {
  server.registerTask(countWords, (path) => countWordsOf(path, taskContext().signal))
  server.registerTask(rankWords, (counts, most) =>
    Object.entries(counts)
      .map(([word, count]) => ({ word, count }))
      .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
      .slice(0, most),
  )
}
