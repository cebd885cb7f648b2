/** The rehearsal with all it drags along, which is bundled into a file of its own: the other commands start without it. */
export { rehearse } from '../../test/rehearsal/run';
