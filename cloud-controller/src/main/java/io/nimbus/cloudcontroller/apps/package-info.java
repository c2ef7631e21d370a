/** Apps, their bits, their instances. */
@NullMarked
package io.nimbus.cloudcontroller.apps;

import org.jspecify.annotations.NullMarked;
