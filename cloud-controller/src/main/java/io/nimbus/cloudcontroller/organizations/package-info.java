/** Organizations, spaces, users and their roles. */
@NullMarked
package io.nimbus.cloudcontroller.organizations;

import org.jspecify.annotations.NullMarked;
