/** What clients ask before they log in. */
@NullMarked
package io.nimbus.cloudcontroller.info;

import org.jspecify.annotations.NullMarked;
