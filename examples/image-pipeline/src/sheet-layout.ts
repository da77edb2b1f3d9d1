import { sheetSize } from './tasks.js'

/** White between the cells and around them, in pixels. */
const GAP = 20
/** Room for the name below each cell, in pixels. */
const NAME_HEIGHT = 24
const STEP_X = sheetSize + GAP
const STEP_Y = sheetSize + NAME_HEIGHT + GAP

/** Where the cells of a contact sheet are: about as many columns as rows. In pixels. */
export class SheetLayout {
  readonly width: number
  readonly height: number
  readonly #columns: number

  constructor(cells: number) {
    this.#columns = Math.max(1, Math.ceil(Math.sqrt(cells)))
    this.width = GAP + this.#columns * STEP_X
    this.height = GAP + Math.ceil(cells / this.#columns) * STEP_Y
  }

  /** The upper left corner of a cell. */
  cell(index: number): { x: number; y: number } {
    const row = Math.floor(index / this.#columns)
    return { x: GAP + (index % this.#columns) * STEP_X, y: GAP + row * STEP_Y }
  }

  /** The upper left corner of a tile in the middle of a cell. */
  tile(index: number, width: number, height: number): { left: number; top: number } {
    const { x, y } = this.cell(index)
    return { left: x + Math.floor((sheetSize - width) / 2), top: y + Math.floor((sheetSize - height) / 2) }
  }
}
