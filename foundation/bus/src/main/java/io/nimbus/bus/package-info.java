/**
 * The message bus as the processes see it. {@link io.nimbus.bus.NatsBus} is the real one; {@link
 * io.nimbus.bus.InMemoryBus} carries the same bytes on virtual time, with faults on demand. The
 * client library is seen nowhere else.
 */
@NullMarked
package io.nimbus.bus;

import org.jspecify.annotations.NullMarked;
