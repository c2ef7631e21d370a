/**
 * The stager: takes staging tasks from the bus, runs buildpacks on the app's package in a
 * container, and gives the droplet back. It starts nothing; see {@link
 * io.nimbus.stager.StagingTask} for the way of a task.
 */
@NullMarked
package io.nimbus.stager;

import org.jspecify.annotations.NullMarked;
