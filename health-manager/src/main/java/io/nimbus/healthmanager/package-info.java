/**
 * The health manager's process: it compares what should run with what runs and asks the controller
 * for the difference.
 */
@NullMarked
package io.nimbus.healthmanager;

import org.jspecify.annotations.NullMarked;
