/** From a start message to a script: the app's environment and what is run in it. */
@NullMarked
package io.nimbus.dea.launch;

import org.jspecify.annotations.NullMarked;
