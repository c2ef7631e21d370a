/** What should run, fetched from the controller. */
@NullMarked
package io.nimbus.healthmanager.desired;

import org.jspecify.annotations.NullMarked;
