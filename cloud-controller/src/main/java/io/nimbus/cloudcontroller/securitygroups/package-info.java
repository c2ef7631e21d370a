/** Which addresses containers may reach. */
@NullMarked
package io.nimbus.cloudcontroller.securitygroups;

import org.jspecify.annotations.NullMarked;
