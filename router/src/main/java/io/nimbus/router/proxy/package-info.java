/**
 * The data path. Everything of one exchange runs on one event loop: the client's connection, the
 * backend's, the timers, the counters; so nothing here needs a lock, and nothing blocks.
 */
@NullMarked
package io.nimbus.router.proxy;

import org.jspecify.annotations.NullMarked;
