/**
 * What the health manager decides: pure functions and state that time and messages are handed to.
 * Nothing here does I/O, reads a clock or starts a thread.
 */
@NullMarked
package io.nimbus.healthmanager.policy;

import org.jspecify.annotations.NullMarked;
