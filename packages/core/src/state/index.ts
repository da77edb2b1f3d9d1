export { isTerminal, mayFollow } from './transitions.js'
