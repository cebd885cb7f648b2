/**
 * The commands that call AWS, or its emulator, with the SDK that they share. All of it is bundled into a file of its own: the
 * other commands start without it.
 */
export { rehearse } from '../../test/rehearsal/run';
export { verify } from './verify/verify';
