/**
 * The DEA agent: runs droplets in containers, heartbeats what runs, registers its routes, and finds
 * everything again after its own end. {@link io.nimbus.dea.policy.Agent} decides; the classes here
 * carry it out.
 */
@NullMarked
package io.nimbus.dea;

import org.jspecify.annotations.NullMarked;
