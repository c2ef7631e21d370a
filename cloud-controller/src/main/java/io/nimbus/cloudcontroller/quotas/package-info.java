/** Quotas of organizations and spaces. */
@NullMarked
package io.nimbus.cloudcontroller.quotas;

import org.jspecify.annotations.NullMarked;
