import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'

const endings = new Set(['.avif', '.gif', '.jpeg', '.jpg', '.png', '.svg', '.tif', '.tiff', '.webp'])

/** The paths of the pictures in a directory, by their endings and sorted by name. Directories below are left alone. */
export async function findPictures(directory: string): Promise<readonly string[]> {
  const paths: string[] = []
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (endings.has(extname(entry.name).toLowerCase()) && (entry.isFile() || (await leadsToFile(path))))
      paths.push(path)
  }
  return paths.sort()
}

/** Pipes and devices are no pictures. A link that leads nowhere counts as one, so that it is reported. */
async function leadsToFile(path: string): Promise<boolean> {
  return stat(path).then(
    (target) => target.isFile(),
    () => true,
  )
}
