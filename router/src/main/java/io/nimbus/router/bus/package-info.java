/** What the router hears and says on the bus: registrations, its own start, statistics. */
@NullMarked
package io.nimbus.router.bus;

import org.jspecify.annotations.NullMarked;
