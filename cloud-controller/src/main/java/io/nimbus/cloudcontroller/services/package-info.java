/** Services, as far as apps need to know of them. */
@NullMarked
package io.nimbus.cloudcontroller.services;

import org.jspecify.annotations.NullMarked;
