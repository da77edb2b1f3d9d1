import type { Server } from '@machinery/core'
import { taskContext } from '@machinery/core'
import sharp from 'sharp'
import { makeContactSheet } from './make-contact-sheet.js'
import { makeThumbnail } from './make-thumbnail.js'
import { normalisePicture } from './normalise-picture.js'
import { attempts, contactSheet, normalise, thumbnail } from './tasks.js'

/** Registers what a worker of this example can do. */
export function registerTasks(server: Server): void {
  // It remembers files by name, and a task that runs again may have written its file anew.
  sharp.cache(false)
  server.registerTask(normalise, (path, out) => normalisePicture(path, out, taskContext().attempt >= attempts))
  server.registerTask(thumbnail, makeThumbnail)
  server.registerTask(contactSheet, (out, ...thumbnails) => makeContactSheet(out, thumbnails))
}
